"""Studies in the browser: the participant's page, its routes, and the play mode."""
