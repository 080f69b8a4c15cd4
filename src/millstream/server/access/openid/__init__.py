"""Sign-in at an OpenID provider: the authorization code flow of OpenID Connect, with PKCE.

Loaded only by a server that names a provider, since it needs Authlib.
"""
