"""Opening images: which HDU holds the pixels, and what the header tells of how they were taken."""
