"""What files are packed in, whatever they hold: ZIP packages, OLE compound files, XML, Unicode text."""
