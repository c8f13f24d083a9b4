-- Run once, when the volume is new: the database `dagster` is made by the image.
CREATE DATABASE mlflow;
