"""Events on their way to webhooks: written with the event, sent later, kept as a log."""
