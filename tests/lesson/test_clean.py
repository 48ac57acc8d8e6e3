"""What a stranger's HTML loses, and what it keeps."""

import pytest

from madkit.lesson.clean import clean

HURT = "window.hurt=1"


@pytest.mark.parametrize("html, left", [
    (f"<script>{HURT}</script>a", "a"),
    (f"<img src=x onerror={HURT} alt='a &lt; b'>", "a &lt; b"),
    ("<img src='https://a.b/c.png'>", ""),
    (f"<svg onload={HURT}><script>{HURT}</script><text>t</text></svg>a", "a"),
    (f"<iframe srcdoc='<script>{HURT}</script>'></iframe>a", "a"),
    ("<meta http-equiv=refresh content='0;url=https://a.b'><base href=//a.b>a", "a"),
    ("<link rel=preconnect href=//a.b><object data=//a.b></object><embed src=//a.b>a", "a"),
    (f"<form action=//a.b><input onfocus={HURT} autofocus><button>go</button></form>", "go"),
    (f"<details open ontoggle={HURT}>a</details>", "<details open>a</details>"),
    ("<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1&gt;'>",
     "<table></table>"),
    ("<a href='&#x6A;ava&Tab;script:x'>a</a>", "<span>a</span>"),
    ("<a href=' java\nscript:x'>a</a><a href='data:text/html,x'>b</a>",
     "<span>a</span><span>b</span>"),
    ("<a href='//a.b/x'>a</a><a href='\\\\a.b\\x'>b</a><a href='file:///etc/x'>c</a>",
     "<span>a</span><span>b</span><span>c</span>"),
    ("<div style='position:fixed; margin:-9px; color:red; background:url(//a.b)'>a</div>",
     '<div style="color:red;">a</div>'),
    ("<div data-script=explorer class=madkit-place>a</div>", '<div class="madkit-place">a</div>'),
    ("</main></body>a", "a"), ("<p>a<!-- ", "<p>a</p>")])
def test_what_runs_fetches_or_leads_away_is_gone(html, left):
    assert clean(html) == left == clean(left)


@pytest.mark.parametrize("html", [
    '<p>a &lt; b &amp; c &nbsp;</p>', '<a href="https://a.b/c?x=1&amp;y=2">a</a>',
    '<img alt="a" src="data:image/png;base64,AAAA">',
    '<table><tbody><tr><td colspan="2" style="text-align:right;">1</td></tr></tbody></table>',
    '<figure class="f" style="margin:0 0 1rem;"><figcaption>a</figcaption></figure>'])
def test_what_shows_stays(html):
    assert clean(html) == html


def test_a_style_reaches_named_elements_alone():
    styles = ("#T_1 td { color: red; background: url(x) } body, #T_1 { display: none }"
              "@import 'x'; @media print { #T_1 { color: red } } #T_1:hover { border: 1px solid }")
    assert clean(f'<style>{styles}</style><b id="T_1">a</b>') == (
        '<style>#T_1 td {color:red;}\n#T_1:hover {border:1px solid;}</style><b id="T_1">a</b>')


def test_a_link_that_leads_nowhere_says_the_name_of_its_file():
    known = {"02_more.ipynb#why": "../02_more/02_more.html#why"}
    lead = [clean(f'<a href="{href}">so</a>', lambda target: known.get(target, ""))
            for href in ("02_more.ipynb#why", "03_gone.ipynb", "../data/a%20b/README.md")]
    assert lead == ['<a href="../02_more/02_more.html#why">so</a>', "<span>so</span>",
                    "<span>so (data/a b/README.md)</span>"]


def test_deep_and_broken_html_ends():
    assert "a" in clean("<div>" * 5000 + "a") and "a" in clean("<b><i>" * 500 + "a</b></i>")
