"""The pages in Chromium, driven as a person would."""
