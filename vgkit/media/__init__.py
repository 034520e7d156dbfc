"""Clips, frames, sound and film files: knows files and arrays, never a shot, a run or the ledger."""
