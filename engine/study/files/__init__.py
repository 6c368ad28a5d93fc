"""Study files: reading, writing, their rules, their schema, and the ready-made ones."""
