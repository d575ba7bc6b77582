"""E-mail about what concerns a user: preferences, durable mails, sending, the daily digest."""
