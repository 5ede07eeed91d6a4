"""The clock (docs/topics/clock.md): what happens because time passes, done by one process of the portal, once each."""
