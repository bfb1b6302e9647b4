"""One submission → evidence: everything slow, everything that touches a student's bytes, and no judgement."""
