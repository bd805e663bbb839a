"""A report as one page of HTML: what a page is made of, and how it is drawn."""
