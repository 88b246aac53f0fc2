"""What the download scripts share: fetching files once, and making parallel text of archives."""
