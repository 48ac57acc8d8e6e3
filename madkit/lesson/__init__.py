"""What a lesson calls, and what renders it: checks of exercises, of parameters and of the installation; reports."""
