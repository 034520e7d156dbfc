"""The prompt lab: words become prompts, prompts become pictures and clips with their cost beside them, and what was
good is kept as a version or as a template. It works without any page; a page only shows it."""
