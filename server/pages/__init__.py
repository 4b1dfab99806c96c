"""The pages in a browser: HTML shells that carry the first paint; `templates/static/app` keeps them live from there.

routes.py      the addresses
queries.py     what the first paint shows
render.py      templates to answers, with the policy that lets a page reach nothing but this server
assets.py      `/static`, cached for ever under an address that changes with the content
"""
