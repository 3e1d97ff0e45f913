"""gopura: an open API gateway, compatible with Kong Gateway 3.5, extended in Python."""
