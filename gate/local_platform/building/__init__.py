"""From a source tarball to something that can run: archive, Procfile, environment."""
