"""The transit wing: from light curves to ranked transit candidates."""
