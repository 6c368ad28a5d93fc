"""When a drawing matches its target: measures of agreement, thresholds, and the server's judgement."""
