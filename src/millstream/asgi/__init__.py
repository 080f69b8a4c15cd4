"""HTTP on the socket, for all our services: bounded connections, prompt answers, who may call."""
