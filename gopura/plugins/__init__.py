"""The bundled plugins, one module each; a plugin is known because its module is here."""
