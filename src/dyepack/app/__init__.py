"""The composition root: settings, wiring, and the acts that the faces call. The only room that knows all others."""
