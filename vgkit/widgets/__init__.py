"""Small controls for notebooks: they show what phases made and hand on what a person says; they decide nothing."""
