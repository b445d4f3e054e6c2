"""Is the release worse under load: slower, more faulty, hungrier, or crashing?"""
