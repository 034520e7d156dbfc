"""Pages and their files over HTTP. A page in a browser can't read a disk and may not be given one: what it shows is
named file by file, by addresses that the page's own kernel signs."""
