"""What was sold: what the columns beside the question's own say of a row's worth."""
