// Passkeys: the one thing that a browser can only do by script.
