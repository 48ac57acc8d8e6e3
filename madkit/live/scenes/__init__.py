"""Scenes: what an explorer draws, as plain values and arrays; no widget, no pixel.

    page     what is shown and may be set (`Page`), the state that it is in,
             and both as plain values
    gaussian, stored, growing    tracks: one loop's curves, clouds or sheets, and composition, by the exact
                                 law, of a Run, of a run under way
    sheet, sheet_still           images: which are shown, and where; the same as a picture
    pack     tracks as bytes, for the browser
    words, still, offline        a state as a sentence, as a picture, and as a page without a kernel
"""
