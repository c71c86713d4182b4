"""The pure heart: money, states, facts and the one decision table. No Django, no network."""
