"""The two apps and the live canvas they share."""
