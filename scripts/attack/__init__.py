"""What scripts/check_attack is made of: subjects to attack, mutations of each format, runs under limits."""
