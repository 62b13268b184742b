"""Runs code of a page in a folder: run_block.py FOLDER CODE"""
import os
import sys

os.chdir(sys.argv[1])
exec(compile(sys.argv[2], "the page", "exec"), {"__name__": "__main__"})
