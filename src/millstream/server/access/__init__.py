"""Who may: who asks, by which proof, and what they may do."""
