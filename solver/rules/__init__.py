"""The rules of dispatch, a module each: what it demands, how a plan is judged, which Reason it gives."""
