"""Other people's schedulers call the nightly run: cron, systemd, Airflow and Dagster, one file each."""
