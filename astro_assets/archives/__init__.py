"""Talking to archives: which there are, how politely they are asked, what can go wrong, files fetched whole.

What is asked of them, and what the answers mean, is the wings' affair. Nothing here knows a table.
"""
