"""One thin function a command: open, compute, adopt, save."""
