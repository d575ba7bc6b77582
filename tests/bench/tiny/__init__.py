"""An app whose one handler does next to nothing: what is left is the cost of dispatch."""
