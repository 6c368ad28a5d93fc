"""The report room's pages: `index` is the script that Streamlit runs, one file a page, `models` what they share."""
