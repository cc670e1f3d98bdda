"""OpenDocument spreadsheets (ods, fods): content, styles and values."""
