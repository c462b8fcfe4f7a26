"""Models of customers who buy for a while and then leave unseen ("buy till you die")."""
