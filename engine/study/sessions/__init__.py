"""What a participant meets: plans of sessions, dials and their levels, panels that explain, the practice toy."""
