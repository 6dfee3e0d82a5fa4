"""What travels: the topic catalogue, the typed events, the aggregate records, and the codec between them and bytes."""
