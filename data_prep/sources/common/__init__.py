"""What sources share: fields of tables, folds, spellings of labels."""
