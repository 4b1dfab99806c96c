"""`/dev/mail`: the mails of development, when no SMTP server is set; in production the address does not exist.

`service.py` reads them, `routes.py` answers the page or JSON, the page is `templates/mailbox/page.html`.
"""
