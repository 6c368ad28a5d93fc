"""What responses come to: measures of a question and of a participant."""
