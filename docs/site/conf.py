"""How Sphinx makes the site of what build.py has put together."""

project, html_title, author = "somemem", "somemem", "the somemem developers"
copyright = "MIT OR Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_extra_path = ["extra"]
html_theme_options = {"light_css_variables": {"font-stack": "system-ui, sans-serif"}}
html_show_sphinx = False
highlight_language = "none"
smartquotes = False  # they would make a dash of an option
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]
# Languages that the highlighter does not know or does not read as we write them are shown as they are.
suppress_warnings = ["misc.highlighting_failure"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
