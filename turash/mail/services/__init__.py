"""The only writers of mail preferences and e-mails."""
