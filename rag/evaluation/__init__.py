"""Measures a collection on questions whose answers are known: what ``sanad evaluate`` runs."""
