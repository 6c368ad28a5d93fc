"""The explorer's pages: `frame` is the window, one file a workspace, `page/` what runs in the browser."""
