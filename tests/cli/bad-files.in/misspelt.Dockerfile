FORM scratch
