"""The invoice for machines: one semantic structure (EN 16931), written as CII or UBL. Pure."""
